-- What was tried in Python elsewhere comes over HTTP: the API adds trials and their families, and
-- changes none.
GRANT INSERT ON families, trials TO trii_serve;
