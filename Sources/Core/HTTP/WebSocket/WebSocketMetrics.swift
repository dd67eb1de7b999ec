import Telemetry

/// The metrics of WebSockets: there from the start, before the first one is opened.
struct WebSocketMetrics: Sendable {
  let clients: Gauge
  let messagesSent: Counter

  init(_ metrics: Metrics) {
    clients = metrics.gauge("sluice_ws_clients", help: "Open WebSockets.")
    messagesSent = metrics.counter(
      "sluice_ws_messages_total", help: "Messages sent over WebSockets.")
    clients.add(0)
    messagesSent.increment(by: 0)
  }
}
