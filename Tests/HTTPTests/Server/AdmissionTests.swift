import Testing

@testable import HTTP

@Suite("admission by the head")
struct AdmissionTests {
  private func decide(_ headers: HTTPHeaders, drains: Bool = false) -> Admission {
    var router = HTTPRouter()
    router.on(.post, "/a", maxBodyBytes: 10) { _ in .text("a") }
    let desk = AdmissionDesk(router: router, configuration: HTTPServerConfiguration())
    let head = RequestHead(method: "POST", target: "/a", version: "HTTP/1.1", headers: headers)
    return desk.decide(head, drains: drains)
  }

  @Test("a server that drains refuses new requests with 503, Retry-After, and closes")
  func drains() throws {
    let admission = decide(["Host": "x"], drains: true)
    guard case .refuse(let problem) = admission.outcome else {
      Issue.record("not refused")
      return
    }
    #expect(problem.status == 503)
    #expect(problem.code == "shutting_down")
    #expect(problem.headers.contains { $0 == ("Retry-After", "5") })
    #expect(admission.plan.mustClose)
  }

  @Test("the plan for the body says its length, its limit and who waits for whom")
  func plan() {
    let known = decide(["Host": "x", "Content-Length": "7", "Expect": "100-continue"])
    #expect(known.route == "/a")
    #expect(known.plan.length == .known(7))
    #expect(known.plan.maxBytes == 10)
    #expect(known.plan.expectsContinue)
    #expect(decide(["Host": "x", "Transfer-Encoding": "Chunked"]).plan.length == .unknown)
    #expect(decide(["Host": "x"]).plan.length == .none)
    #expect(!decide(["Host": "x", "Expect": "100-continue"]).plan.expectsContinue)
  }
}
