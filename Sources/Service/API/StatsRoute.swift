import HTTP
import Postgres

/// `GET /stats`: how many imports there are, and how long they take.
struct StatsRoute: Sendable {
  private static let targetLimit = 100

  let services: APIServices

  func add(to router: inout RouteTable) {
    router.on(.get, "/stats") { _ in
      let rows = try await services.pool.query(
        StatsRoute.statement, [.int(Int64(StatsRoute.targetLimit))]
      ).rows
      return HTTPResponse(
        headers: ["Content-Type": "application/json"],
        body: .bytes(Array(try rows[0].string("stats").utf8)))
    }
  }

  /// Postgres writes the answer: it is all counts and percentiles.
  private static let statement = """
    WITH i AS MATERIALIZED (
      SELECT status, target, rows_inserted + rows_updated + rows_unchanged AS rows,
             CASE priority WHEN 0 THEN 'high' WHEN 1 THEN 'normal' ELSE 'low' END AS priority,
             CASE WHEN status = 'done' THEN extract(epoch FROM finished_at - started_at) END AS seconds
        FROM sluice.imports
    ), summary AS (
      SELECT grouping(priority) AS g_priority, grouping(target) AS g_target, priority, target,
             jsonb_build_object(
               'total', count(*),
               'queued', count(*) FILTER (WHERE status = 'queued'),
               'running', count(*) FILTER (
                 WHERE status IN ('parsing', 'validated', 'loading', 'finalizing')),
               'done', count(*) FILTER (WHERE status = 'done'),
               'failed', count(*) FILTER (WHERE status = 'failed'),
               'cancelled', count(*) FILTER (WHERE status = 'cancelled'),
               'undone', count(*) FILTER (WHERE status = 'undone'),
               'rows', coalesce(sum(rows), 0),
               'average_seconds', round(avg(seconds), 3),
               'p95_seconds', round(
                 percentile_cont(0.95) WITHIN GROUP (ORDER BY seconds)::numeric, 3)) AS facts,
             count(*) AS total
        FROM i GROUP BY GROUPING SETS ((), (priority), (target))
    )
    SELECT (
      (SELECT facts FROM summary WHERE g_priority = 1 AND g_target = 1)
      || jsonb_build_object(
        'by_priority', (SELECT coalesce(jsonb_object_agg(priority, facts), '{}')
                          FROM summary WHERE g_priority = 0),
        'by_target', (SELECT coalesce(jsonb_object_agg(target, facts), '{}') FROM (
                        SELECT target, facts FROM summary WHERE g_target = 0
                         ORDER BY total DESC, target LIMIT $1) t))
      )::text AS stats
    """
}
