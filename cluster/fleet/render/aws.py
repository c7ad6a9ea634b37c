"""The document that `ray up` reads, for AWS.

Everything that Ray's own bootstrap would make up is given, so that it makes nothing: its security
group opens port 22 to the world, its role may do anything with EC2 and S3, and its setup installs
another Ray.
"""

from typing import Any, Final

from cluster.fleet.planning.node_types import HEAD, NodeType, most_nodes, node_types
from cluster.fleet.pools import POOLS
from cluster.fleet.render.commands import head_commands, node_commands
from cluster.fleet.source.cluster import ClusterSource
from cluster.fleet.source.ground import Ground

ROOT_DEVICE: Final = "/dev/sda1"  # of Ubuntu's images


def document(source: ClusterSource, ground: Ground) -> dict[str, Any]:
    """The whole document, in the order in which it reads best.

    Raises BadInput for a source that no machine or zone can fulfil.
    """
    # The head's own zone first: a type without a zone of its own fills that one before others.
    first = ground.head.zone
    zones = [first, *(zone for zone in ground.subnets if zone != first)]
    types = node_types(source, zones)
    return {
        "cluster_name": source.name,
        "max_workers": most_nodes(types),
        "upscaling_speed": source.upscaling_speed,
        "idle_timeout_minutes": 5,
        "provider": {
            "type": "aws",
            "region": ground.region,
            "use_internal_ips": True,
            # A stopped node goes on being paid for its disk, and comes back with old state.
            "cache_stopped_nodes": False,
            # Else every node of a type whose configuration changed is ended at once, with what it
            # serves. They stay, and are drained one by one.
            "disable_launch_config_check": True,
        },
        "auth": {
            "ssh_user": ground.ssh.user,
            "ssh_private_key": ground.ssh.private_key,
        },
        "head_node_type": HEAD,
        "available_node_types": {
            HEAD: _head(source, ground),
            **{name: _node(entry, source, ground) for name, entry in types.items()},
        },
        # The image is baked: nothing is installed when a node starts.
        "initialization_commands": [],
        "setup_commands": [],
        "head_setup_commands": [],
        "worker_setup_commands": [],
        "head_start_ray_commands": head_commands(source, ground),
        "worker_start_ray_commands": node_commands(source, ground),
        "file_mounts": {},
        "cluster_synced_files": [],
        "rsync_exclude": [],
        "rsync_filter": [],
    }


def _head(source: ClusterSource, ground: Ground) -> dict[str, Any]:
    config = _instance(source, ground, HEAD, source.head.machine, source.head.disk_gib)
    return {
        "resources": {"CPU": 0},
        "min_workers": 0,
        "max_workers": 0,
        "node_config": config
        | {
            "ImageId": ground.images.cpu,
            "SubnetIds": [ground.subnets[ground.head.zone]],
            "PrivateIpAddress": str(ground.head.private_ip),
            "SecurityGroupIds": [ground.security_groups.head],
            "IamInstanceProfile": {"Arn": ground.instance_profiles["head"]},
        },
    }


def _node(entry: NodeType, source: ClusterSource, ground: Ground) -> dict[str, Any]:
    pool = POOLS[entry.pool]
    config = _instance(source, ground, entry.pool, entry.machine.name, entry.disk_gib)
    return {
        "resources": entry.resources,
        "labels": entry.labels,
        "min_workers": entry.min_nodes,
        "max_workers": entry.max_nodes,
        "idle_timeout_s": entry.idle_s,
        "priority": entry.priority,
        "node_config": config
        | {
            "ImageId": ground.images.gpu if pool.gpu else ground.images.cpu,
            "SubnetIds": [ground.subnets[zone] for zone in entry.zones],
            "SecurityGroupIds": [ground.security_groups.node],
            "IamInstanceProfile": {"Arn": ground.instance_profiles[entry.pool]},
        }
        | (_SPOT if entry.market == "spot" else {}),
    }


def _instance(
    source: ClusterSource, ground: Ground, pool: str, machine: str, disk_gib: int
) -> dict[str, Any]:
    """What all instances have: an encrypted disk, no metadata without a token, tags for the bill."""
    tags = {
        "trii:cluster": source.name,
        "trii:environment": source.environment,
        "trii:pool": pool,
    }
    disk = {
        "VolumeSize": disk_gib,
        "VolumeType": "gp3",
        "Encrypted": True,
        "DeleteOnTermination": True,
    }
    return {
        "InstanceType": machine,
        "KeyName": ground.ssh.key_name,
        "BlockDeviceMappings": [{"DeviceName": ROOT_DEVICE, "Ebs": disk}],
        # One hop: no container behind the node's own network reaches its role.
        "MetadataOptions": {
            "HttpEndpoint": "enabled",
            "HttpTokens": "required",
            "HttpPutResponseHopLimit": 1,
        },
        "TagSpecifications": [
            {
                "ResourceType": kind,
                "Tags": [{"Key": key, "Value": value} for key, value in tags.items()],
            }
            for kind in ("instance", "volume")
        ],
    }


_SPOT: Final = {
    "InstanceMarketOptions": {
        "MarketType": "spot",
        "SpotOptions": {
            "SpotInstanceType": "one-time",
            "InstanceInterruptionBehavior": "terminate",
        },
    }
}
