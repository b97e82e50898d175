"""The web side: the app, the JSON API and the pages. Asks library/, accounts/ and ingest/; never the database."""
