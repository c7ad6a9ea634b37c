-- The SHA-256 of the code of his own that a user sent with the job; null for the platform's code alone.
ALTER TABLE jobs ADD COLUMN bundle text CHECK (bundle ~ '^[0-9a-f]{64}$');
