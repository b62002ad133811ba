# The bot as a non-root user; state in /var/lib/kurage.
FROM python:3.11-slim-bookworm
WORKDIR /app
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY connectors connectors
COPY ingest ingest
COPY bot bot
RUN pip install --no-cache-dir --constraint constraints.txt . \
 && useradd --system --home-dir /var/lib/kurage --create-home kurage
USER kurage
ENV KURAGE_HOME=/var/lib/kurage
VOLUME /var/lib/kurage
ENTRYPOINT ["kurage"]
CMD ["serve"]
