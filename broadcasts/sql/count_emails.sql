-- Counts a broadcast's e-mails by adding up what its chunks have counted; the ledger itself isn't looked at.
-- Parameters: broadcast_id. Returns one row: how many e-mails have each Email.Status (an array), how many may have
-- arrived twice, whether a sender is at work, how many wait for their next try, and when the first of those is due.
-- Relies on the index of chunks by broadcast.
SELECT ARRAY[
           coalesce(sum(counts[1]), 0), coalesce(sum(counts[2]), 0), coalesce(sum(counts[3]), 0),
           coalesce(sum(counts[4]), 0), coalesce(sum(counts[5]), 0), coalesce(sum(counts[6]), 0),
           coalesce(sum(counts[7]), 0), coalesce(sum(counts[8]), 0), coalesce(sum(counts[9]), 0),
           coalesce(sum(counts[10]), 0)
       ],
       coalesce(sum(maybe_twice), 0),
       coalesce(bool_or(state = 1 AND lease > clock_timestamp()), false),
       coalesce(sum(counts[1] + counts[2]) FILTER (WHERE state = 0 AND due_at > clock_timestamp()), 0),
       min(due_at) FILTER (WHERE state = 0 AND due_at > clock_timestamp())
FROM broadcasts_chunk
WHERE broadcast_id = %(broadcast_id)s
