"""`tocsin:thanos`: what looks at all shards and replicas at once, and as far back as the bucket goes."""

from typing import Annotated

from pydantic import Field, Strict

from alerting.model.quantities import Duration
from stacks.sections.section import Bytes, Count, ResourcesSection, Section, shaped

HostPort = Annotated[
    str, shaped(r"[a-z0-9]([-a-z0-9.]*[a-z0-9])?:[1-9][0-9]{0,4}", "host and port", "one such as cache.shop.svc:11211")
]


def _small() -> ResourcesSection:
    return ResourcesSection(cpu="100m", memory="512Mi", cpu_limit="2", memory_limit="2Gi")


class Query(Section):
    """Answers questions out of all servers, stores and the ruler."""

    replicas: Count = 2
    """Of the program."""
    max_concurrent: Count = 20
    """Questions that each replica works on at once; others wait."""
    max_concurrent_select: Count = 4
    """Selections of one question that are fetched at once."""
    timeout: Duration = Duration(120_000)
    """After which a question is given up."""
    max_series: Count = 500_000
    """That one server or store may answer a question with."""
    resources: ResourcesSection = Field(default_factory=_small)
    """Of each replica."""


class QueryFrontend(Section):
    """Splits long questions by day and remembers the answers."""

    replicas: Count = 2
    """Of the program."""
    split: Duration = Duration(86_400_000)
    """The span of each part of a question."""
    cache: Bytes = "256Mi"
    """Of answers, in each replica's memory, unless there is memcached."""
    memcached: tuple[HostPort, ...] = ()
    """Addresses of a memcached that all replicas share."""
    resources: ResourcesSection = Field(default_factory=_small)
    """Of each replica."""


class Store(Section):
    """Reads the bucket."""

    replicas: Count = 2
    """Of each shard."""
    shards: Annotated[int, Strict(), Field(ge=1, le=64)] = 1
    """Among which the blocks are divided by the hash of their id."""
    by_age: tuple[Duration, ...] = ()
    """Divides them by age instead: `[30d, 180d]` makes three shards."""
    storage: Bytes = "20Gi"
    """The volume of each, with the headers of indexes; it can be lost."""
    index_cache: Bytes = "512Mi"
    """Memory for parts of indexes."""
    max_series: Count = 500_000
    """That a question may touch."""
    max_samples: Count = 100_000_000
    """That a question may read."""
    max_download: Bytes = "2Gi"
    """That a question may fetch out of the bucket."""
    max_concurrent: Count = 20
    """Questions at once."""
    resources: ResourcesSection = ResourcesSection(cpu="200m", memory="2Gi", cpu_limit="2", memory_limit="4Gi")
    """Of each."""


class Retention(Section):
    """How long the bucket keeps each resolution; for ever where nothing is said."""

    raw: Duration | None = None
    """As measured."""
    five_minutes: Duration | None = None
    """A value every five minutes."""
    one_hour: Duration | None = None
    """A value every hour."""


class Compactor(Section):
    """Merges, thins and deletes blocks. There is one per bucket, so it has no replicas."""

    storage: Bytes = "100Gi"
    """Its volume: the largest group of blocks that it merges, twice."""
    concurrency: Count = 1
    """Groups at once."""
    retention: Retention = Retention()
    """Of each resolution."""
    resources: ResourcesSection = ResourcesSection(cpu="500m", memory="2Gi", cpu_limit="2", memory_limit="4Gi")
    """Of the program."""


class Ruler(Section):
    """Evaluates rules that need more than one shard: those with the label `tocsin/shard: global`."""

    replicas: Count = 2
    """Of the program; both evaluate the same."""
    storage: Bytes = "10Gi"
    """The volume of each, with what is not uploaded yet."""
    resources: ResourcesSection = Field(default_factory=_small)
    """Of each replica."""


class Thanos(Section):
    """The whole of `tocsin:thanos`; it needs `tocsin:objectStore`."""

    query: Query = Query()
    """The program that answers."""
    query_frontend: QueryFrontend = QueryFrontend()
    """The one before it."""
    store: Store = Store()
    """The one that reads the bucket."""
    compactor: Compactor = Compactor()
    """The one that keeps the bucket small."""
    ruler: Ruler = Ruler()
    """The one for rules across shards."""
