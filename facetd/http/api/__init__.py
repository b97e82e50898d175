"""The JSON API: one module per resource, each with its operations."""

from facetd.http.api import (
    albums,
    auth,
    capsules,
    captions,
    config,
    culling,
    downloads,
    events,
    faces,
    folders,
    images,
    jobs,
    map,
    memories,
    options,
    persons,
    photos,
    ratings,
    scan,
    search,
    sidecars,
    similar,
    system,
    timeline,
    undo,
    zips,
)
from facetd.http.openapi import Operation

OPERATIONS: tuple[Operation, ...] = tuple(
    operation
    for module in (
        photos,
        ratings,
        undo,
        albums,
        auth,
        search,
        captions,
        images,
        memories,
        map,
        options,
        persons,
        faces,
        config,
        folders,
        scan,
        events,
        jobs,
        system,
        timeline,
        similar,
        capsules,
        culling,
        downloads,
        zips,
        sidecars,
    )
    for operation in module.operations.all
)
