# The image that the Job names: the worker at /app/reprocessing-worker, the operator's command beside it, which also
# serves: `/app/reprocess serve` (docs/serve.md).
# Built by ./reprocessing-worker-build.sh; the processor is the base image's (amd64, arm64).
ARG DEBIAN=trixie

FROM debian:${DEBIAN}-slim AS build
WORKDIR /src
COPY . .
RUN ./dev build
RUN install -D -s -t /out/app build/release/bin/reprocessing-worker build/release/bin/reprocess
# What the second stage installs: the packages whose libraries the programs are linked with, as they are
# called in this release. apt adds what these need.
RUN objdump -p /out/app/* | awk '/NEEDED/ {print $2}' | sort -u | \
    xargs -I{} sh -c 'ldconfig -p | awk -v so={} "\$1 == so {print \$NF; exit}"' | xargs readlink -f | \
    xargs -I{} sh -c 'dpkg -S {} || dpkg -S "$(echo {} | sed s,^/usr,,)"' | cut -d: -f1 | sort -u > /out/packages

FROM debian:${DEBIAN}-slim
COPY --from=build /out/packages /app/packages
RUN apt-get update && \
    xargs -a /app/packages apt-get install -y --no-install-recommends ca-certificates && \
    rm -rf /var/lib/apt/lists/* /var/cache/apt /var/cache/debconf/*-old /var/log/apt /var/log/dpkg.log /app/packages
COPY --from=build /out/app /app
ENV PATH=/app:$PATH
# Jobs that a service runs here need a volume at this place; without one it refuses to start.
ENV REPROCESS_STATE_DIR=/state
# Nothing is written: the root may be mounted read-only.
USER 65532:65532
CMD ["/app/reprocessing-worker"]
