"""The training job: one network of a configuration of the user's choice, validated, registered and promoted."""
