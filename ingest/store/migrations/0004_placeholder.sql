-- Stands for a migration of its own that comes before the next one; does nothing.

SELECT 1;
