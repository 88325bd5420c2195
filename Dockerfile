# A static binary in an image without anything else. kustomize runs functions as the user nobody, by name, so that the
# image has to know that name.
ARG GO_IMAGE=docker.io/library/golang:1.26
FROM ${GO_IMAGE} AS build
ARG VERSION=dev
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY cmd cmd
COPY pkg pkg
RUN CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X main.version=${VERSION}" -o /out/krm-fn ./cmd/krm-fn \
 && echo 'nobody:x:65534:65534:nobody:/:/sbin/nologin' > /out/passwd \
 && echo 'nobody:x:65534:' > /out/group

FROM scratch
COPY --from=build /out/passwd /out/group /etc/
COPY --from=build /out/krm-fn /usr/local/bin/krm-fn
USER 65534:65534
ENTRYPOINT ["/usr/local/bin/krm-fn"]
