"""Every command and where it is; adding one is a module and a line here. A command is loaded when it is called for."""

ALL = {
    "serve": "facetd.cli.serve:serve",
    "scan": "facetd.cli.scan:scan",
    "user": "facetd.cli.user:user",
    "root": "facetd.cli.root:root",
    "captions": "facetd.cli.captions:captions",
    "sidecars": "facetd.cli.sidecars:sidecars",
    "people": "facetd.cli.people:people",
    "import": "facetd.cli.importing:importing",
    "export": "facetd.cli.export:export",
    "models": "facetd.cli.models:models",
    "config": "facetd.cli.config:config",
    "db": "facetd.cli.database:database",
    "doctor": "facetd.cli.doctor:doctor",
}
