# The sandbox server with numpy, scipy and sympy.
#
#   docker build -f deploy/sandbox.Dockerfile -t retool-sandbox .
#   docker run -p 8080:8080 -e SANDBOX_TOKEN=secret retool-sandbox
#
# As started above the tier is landlock: Docker's own filter forbids the namespaces of the stronger
# tiers. `docker run --privileged --user root` gives ns-root; then the container is the machine's equal,
# so do it only where nothing else lives on the machine.
FROM node:20-bookworm-slim

RUN apt-get update \
 && apt-get install --yes --no-install-recommends python3 python3-venv \
 && rm -rf /var/lib/apt/lists/* \
 && python3 -m venv /opt/python \
 && /opt/python/bin/pip install --no-cache-dir numpy scipy sympy
ENV RETOOL_PYTHON=/opt/python/bin/python

WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --ignore-scripts
COPY bin bin
COPY setup setup
COPY src src

# Nothing here needs root: programs run as this user, confined further by Landlock and seccomp.
USER node
EXPOSE 8080
HEALTHCHECK --interval=10s --start-period=20s \
  CMD node -e "fetch('http://127.0.0.1:8080/v1/health').then(r => process.exit(r.ok ? 0 : 1), () => process.exit(1))"
CMD ["sh", "-c", "exec node bin/retool-rl.mjs sandbox serve --host 0.0.0.0 --port 8080 --token \"$SANDBOX_TOKEN\""]
