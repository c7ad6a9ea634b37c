"""`trii cluster`: the table of its commands."""

from cluster.cli.lazy import Entry, lazy_group

cluster = lazy_group(
    "cluster",
    "A cluster of machines: its file and what that costs, and the one that runs.",
    {
        "status": Entry(
            "cluster.fleet.cli.status:status",
            "Show the nodes of the running cluster by pool, what waits for one, and refused launches.",
        ),
        "doctor": Entry(
            "cluster.fleet.cli.doctor:doctor",
            "Look at each node of the running cluster: versions, ports, limits, clocks, GPUs, state.",
        ),
        "drain": Entry(
            "cluster.fleet.cli.drain:drain",
            "Drain NODE, by its id, the begin of that, or its address.",
        ),
        "prewarm": Entry(
            "cluster.fleet.cli.prewarm:prewarm",
            "Have at least NODES nodes of POOL run until a time; 0 takes that back.",
        ),
        "adopt": Entry(
            "deployments.planning.adopt:adopt",
            "Want here what the cluster OTHER of this database wants: applications, options, model versions.",
        ),
        "render": Entry(
            "cluster.fleet.cli.render:render_",
            "Write the file that `ray up` reads, for an environment.",
        ),
        "validate": Entry(
            "deployments.planning.validate:validate",
            "Check a cluster's FILE: Ray's schema, and rules about safety, state and money.",
        ),
        "simulate": Entry(
            "deployments.planning.simulate:simulate",
            "Play a market's day on a cluster: nodes by pool over time, what waits, what it costs.",
        ),
        "machines": Entry(
            "cluster.fleet.cli.machines:machines_",
            "List the machines that a pool may be made of, with sizes and prices.",
        ),
        "prices": Entry(
            "cluster.fleet.cli.prices:prices", "What machines cost: take the table anew from AWS."
        ),
        "plan": Entry(
            "deployments.planning.plan:plan",
            "Say what `ray up` FILE would change on the running cluster, or one of another file.",
        ),
        "cost": Entry(
            "cluster.fleet.cli.cost:cost_",
            "What a cluster costs an hour, a day and a month, at its minimum and maximum.",
        ),
    },
)
