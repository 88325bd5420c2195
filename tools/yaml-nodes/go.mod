module github.com/krm-fn/krm-fn/tools/yaml-nodes

go 1.26

require go.yaml.in/yaml/v3 v3.0.6
