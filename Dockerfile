# The bot, as a user without rights; its state in /var/lib/kurage, backups in /backups.
#   docker build --tag kurage-bot .
#   docker run --rm --init --volume kurage:/var/lib/kurage kurage-bot doctor

FROM python:3.11.15-slim-trixie AS build
ENV PIP_CONSTRAINT=/src/constraints.txt \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_INPUT=1
WORKDIR /src
RUN python -m venv /opt/kurage
# The dependencies are a layer of their own, which a change to our code leaves in the cache. All of
# them come as wheels: `--only-binary` fails where one would need a compiler.
COPY pyproject.toml constraints.txt ./
RUN --mount=type=cache,target=/root/.cache/pip \
    python -c "import tomllib; print(*tomllib.load(open('pyproject.toml', 'rb'))['project']['dependencies'], sep='\n')" \
      > dependencies.txt \
 && /opt/kurage/bin/pip install --only-binary :all: --requirement dependencies.txt
COPY README.md LICENSE ./
COPY connectors connectors
COPY ingest ingest
COPY bot bot
RUN --mount=type=cache,target=/root/.cache/pip \
    /opt/kurage/bin/pip install --no-deps . \
 && /opt/kurage/bin/pip check \
 && /opt/kurage/bin/kurage --version

FROM python:3.11.15-slim-trixie
LABEL org.opencontainers.image.title="Kurage Bot" \
      org.opencontainers.image.description="Answers from a company's own Japanese documents, with linked sources" \
      org.opencontainers.image.licenses="Apache-2.0"
# A number of our own, so that it is nobody on the host. A named volume takes the owner over.
RUN groupadd --gid 10001 kurage \
 && useradd --uid 10001 --gid kurage --home-dir /var/lib/kurage --create-home --shell /usr/sbin/nologin kurage \
 && install --directory --owner kurage --group kurage --mode 0750 /backups
COPY --from=build /opt/kurage /opt/kurage
# USER: who asks on the command line, also where the container runs under another number.
ENV PATH=/opt/kurage/bin:$PATH \
    KURAGE_HOME=/var/lib/kurage \
    LANG=C.UTF-8 \
    PYTHONUNBUFFERED=1 \
    USER=kurage
USER 10001:10001
WORKDIR /var/lib/kurage
VOLUME ["/var/lib/kurage", "/backups"]
# The platforms' connections, database and index, asked of the process at `[serve] port`. A first sync
# may take its time, and until it is done there is no index.
HEALTHCHECK --interval=30s --timeout=10s --start-period=15m --retries=4 \
  CMD ["python3", "-m", "bot.serve.check"]
ENTRYPOINT ["kurage"]
CMD ["serve"]
