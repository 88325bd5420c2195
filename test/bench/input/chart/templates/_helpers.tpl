{{- define "apis.meta" -}}
name: {{ .name }}
namespace: apis
labels:
  app: {{ .workload }}
  app.kubernetes.io/managed-by: {{ .release.Service }}
  krm-fn.dev/workload: {{ .workload }}
{{- end }}

{{- define "apis.selector" -}}
app: {{ . }}
krm-fn.dev/workload: {{ . }}
{{- end }}
