# The node, for collators and full nodes:
#
#   docker build -t myai-node .
#   docker run -v myai-node:/data -v ./specs:/specs:ro -p 30333:30333 myai-node \
#       --collator --chain /specs/myai.json -- --chain /specs/relay.json
#
# docs/deploying.md has the rest.

FROM docker.io/library/debian:12 AS build
RUN apt-get update && apt-get install -y --no-install-recommends \
        build-essential ca-certificates clang cmake curl git libclang-dev libssl-dev lld pkg-config \
        protobuf-compiler \
    && rm -rf /var/lib/apt/lists/*
RUN curl -sSf https://sh.rustup.rs | sh -s -- -y --default-toolchain none --profile minimal
ENV PATH=/root/.cargo/bin:$PATH
WORKDIR /source
# The compiler and the Wasm target that rust-toolchain.toml names.
COPY rust-toolchain.toml .
RUN rustup toolchain install
COPY . .
RUN cargo build --locked --release -p myai-node --features metadata-hash

FROM docker.io/library/debian:12-slim
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --create-home --home-dir /data myai-node
COPY --from=build /source/target/release/myai-node /usr/local/bin/
USER myai-node
WORKDIR /data
VOLUME /data
# Other nodes; the relay chain's side; clients; measurements.
EXPOSE 30333 30334 9944 9615
ENTRYPOINT ["/usr/local/bin/myai-node", "--base-path", "/data"]
