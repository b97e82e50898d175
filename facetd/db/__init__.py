"""SQLite: the connections, the migrations, and all the SQL, one module per subject."""
