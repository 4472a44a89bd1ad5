# docker build -t gatepost .
# docker run -p 1025:1025 -p 8025:8025 gatepost          the inbox alone: mail to port 1025, pages and API at port 8025
# docker run -p 8000:8000 --env-file production.env gatepost serve          accounts; see docs/production.md
#
# bin/package writes the same image without Docker (dist/gatepost-…-oci.tar) and takes its configuration from the last
# stage of this file. Nothing but /data is written to.

FROM rust:1.95-slim-bookworm AS build
RUN apt-get update && apt-get install -y --no-install-recommends gcc libc6-dev && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
RUN cargo build --release --locked && cp target/release/gatepost /gatepost

FROM debian:bookworm-slim
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates tzdata && rm -rf /var/lib/apt/lists/* \
    && echo 'gatepost:x:10001:0::/data:/sbin/nologin' >>/etc/passwd && install -d -o 10001 -g 0 -m 0770 /data
COPY --from=build /gatepost /usr/local/bin/gatepost
RUN ln -s gatepost /usr/local/bin/mailpit && ln -s usr/local/bin/gatepost /mailpit \
    && ln -s ../local/bin/gatepost /usr/sbin/sendmail
LABEL org.opencontainers.image.title="Gatepost"
LABEL org.opencontainers.image.description="A self-hosted account and mail server in one binary"
LABEL org.opencontainers.image.licenses="MIT OR Apache-2.0"
# For the inbox alone (gatepost mailpit), and for gatepost serve.
ENV MP_UI_BIND_ADDR=0.0.0.0:8025 MP_SMTP_BIND_ADDR=0.0.0.0:1025 MP_DATABASE=/data/inbox.db
ENV ROCKET_PROFILE=release ROCKET_ADDRESS=0.0.0.0 ROCKET_PORT=8000
ENV GATEPOST_DATABASES__GATEPOST__URL=sqlite:/data/gatepost.db
# Group 0, so that a user without an entry in /etc/passwd, whom engines start in group 0, may write to /data.
USER 10001:0
WORKDIR /data
VOLUME /data
EXPOSE 1025 8025 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=6s --start-period=30s CMD ["/usr/local/bin/gatepost", "readyz"]
ENTRYPOINT ["/usr/local/bin/gatepost"]
CMD ["mailpit"]
