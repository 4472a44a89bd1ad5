# docker build -t gatepost .
# docker run -p 8000:8000 -v gatepost:/data --env-file production.env gatepost
#
# The image contains the binary and root certificates for outgoing TLS. It uses the release profile, which requires
# GATEPOST_SECRET_KEY, GATEPOST_PUBLIC_URL and the settings of a transport (docs/production.md). Docker does not remove
# quotes from the values in that file.

FROM rust:1.95-slim-bookworm AS build
RUN apt-get update && apt-get install -y --no-install-recommends gcc libc6-dev && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
RUN cargo build --release --locked && cp target/release/gatepost /gatepost

FROM debian:bookworm-slim
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --create-home --home-dir /data gatepost
COPY --from=build /gatepost /usr/local/bin/gatepost
USER gatepost
WORKDIR /data
VOLUME /data
ENV ROCKET_PROFILE=release ROCKET_ADDRESS=0.0.0.0 ROCKET_PORT=8000 \
    GATEPOST_DATABASES__GATEPOST__URL=sqlite:/data/gatepost.db GATEPOST_INBOX__PATH=/data/inbox.db
EXPOSE 8000
ENTRYPOINT ["gatepost"]
CMD ["serve"]
