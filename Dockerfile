# A static binary, its bill of materials and its license, in an image without anything else.
#
# The build runs on the platform of the builder and compiles for that of the image, so that no emulator is needed.
ARG GO_IMAGE=docker.io/library/golang:1.26.8
FROM --platform=$BUILDPLATFORM ${GO_IMAGE} AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY tools/cyclonedx-gomod tools/cyclonedx-gomod
RUN go build -C tools/cyclonedx-gomod -o /out/ github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod
COPY cmd cmd
COPY pkg pkg
ARG TARGETOS=linux
ARG TARGETARCH
ARG VERSION
ARG COMMIT
ARG DATE
# The flags are those of make build.
RUN CGO_ENABLED=0 GOOS=${TARGETOS} GOARCH=${TARGETARCH} go build -trimpath -buildvcs=false \
      -ldflags "-s -w -X main.version=${VERSION} -X main.commit=${COMMIT} -X main.date=${DATE}" -o /out/krm-fn ./cmd/krm-fn \
 && /out/cyclonedx-gomod bin -json -std -noserial -notimestamp -version "${VERSION:-dev}" -output /out/sbom.cdx.json /out/krm-fn \
 && echo 'nobody:x:65534:65534:nobody:/:/sbin/nologin' > /out/passwd \
 && echo 'nobody:x:65534:' > /out/group

FROM scratch
ARG VERSION
ARG COMMIT
ARG DATE
LABEL org.opencontainers.image.title="krm-fn" \
      org.opencontainers.image.description="KRM function that renders autoscaled, managed APIs and checks their metric chain" \
      org.opencontainers.image.source="https://github.com/krm-fn/krm-fn" \
      org.opencontainers.image.documentation="https://github.com/krm-fn/krm-fn/blob/main/docs/image.md" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${COMMIT}" \
      org.opencontainers.image.created="${DATE}"
# kustomize and kpt run functions as the user nobody, by name, so that the image has to know that name.
COPY --from=build /out/passwd /out/group /etc/
COPY LICENSE /usr/share/doc/krm-fn/
COPY --from=build /out/sbom.cdx.json /usr/share/doc/krm-fn/
COPY --from=build /out/krm-fn /usr/local/bin/krm-fn
USER 65534:65534
ENTRYPOINT ["/usr/local/bin/krm-fn"]
