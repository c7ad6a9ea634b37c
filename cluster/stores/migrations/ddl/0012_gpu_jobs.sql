-- A machine of a GPU pool offers no CPUs, so a job there keeps none.
ALTER TABLE jobs DROP CONSTRAINT jobs_cpus_check, ADD CONSTRAINT jobs_cpus_check CHECK (cpus >= 0);
