"""What every HTTP application of ours shares: problems, identity, strict input, envelopes."""
