/// What a request's head comes to, before anything is done for it.
struct Admission: Sendable {
  /// What follows.
  enum Outcome: Sendable {
    case run(HTTPRouter.Route, parameters: [String: String], RequestGuard.Passed)
    case answer(HTTPResponse)
    case refuse(Problem)
  }

  /// The name in metrics of what has no route.
  static let unmatched = "unmatched"

  /// The pattern of the route.
  var route = Admission.unmatched
  /// How the body is to be taken.
  var plan = UploadPlan()
  let outcome: Outcome
}

/// Decides on requests by their heads: guards, routes, limits. No I/O.
struct AdmissionDesk: Sendable {
  let router: HTTPRouter
  let requestGuard: RequestGuard
  let maxBodyBytes: Int64

  init(router: HTTPRouter, configuration: HTTPServerConfiguration) {
    self.router = router
    requestGuard = RequestGuard(configuration: configuration)
    maxBodyBytes = configuration.maxBodyBytes
  }

  /// - Parameters:
  ///   - drains: whether the server is on its way out.
  ///   - isSpare: whether the connection is one more than the server takes.
  func decide(_ head: RequestHead, drains: Bool, isSpare: Bool = false) -> Admission {
    var passed: RequestGuard.Passed
    do { passed = try requestGuard.check(head) } catch {
      return Admission(plan: UploadPlan(mustClose: error.closes), outcome: .refuse(error.problem))
    }
    if drains || isSpare {
      passed.plan.mustClose = true
      return Admission(
        plan: passed.plan, outcome: .refuse(drains ? .shuttingDown : .tooManyConnections))
    }
    if passed.target.path == "*" { return Self.options(HTTPMethod.allCases.sorted(), passed.plan) }
    switch router.resolve(passed.method, passed.target.segments) {
    case .notFound:
      let problem = Problem.notFound("There is nothing at this path.")
      return Admission(plan: passed.plan, outcome: .refuse(problem))
    case .methodNotAllowed(let methods):
      return Admission(plan: passed.plan, outcome: .refuse(Self.notAllowed(methods)))
    case .options(let methods):
      return Self.options(methods, passed.plan)
    case .route(let route, let parameters):
      return admit(passed, to: route, parameters)
    }
  }

  private func admit(
    _ passed: RequestGuard.Passed, to route: HTTPRouter.Route, _ parameters: [String: String]
  ) -> Admission {
    var passed = passed
    passed.plan.maxBytes = route.maxBodyBytes ?? maxBodyBytes
    if case .known(let length) = passed.plan.length, length > passed.plan.maxBytes {
      let problem = Problem.tooLarge(
        "The body of \(length) bytes is larger than the \(passed.plan.maxBytes) allowed here.")
      return Admission(route: route.pattern, plan: passed.plan, outcome: .refuse(problem))
    }
    return Admission(
      route: route.pattern, plan: passed.plan,
      outcome: .run(route, parameters: parameters, passed))
  }

  private static func options(_ methods: [HTTPMethod], _ plan: UploadPlan) -> Admission {
    let response = HTTPResponse(status: 204, headers: ["Allow": list(methods)])
    return Admission(plan: plan, outcome: .answer(response))
  }

  private static func notAllowed(_ methods: [HTTPMethod]) -> Problem {
    Problem(
      status: 405, code: "method_not_allowed", detail: "The path does not know this method.",
      hint: "Allowed: \(list(methods)).", headers: [("Allow", list(methods))])
  }

  private static func list(_ methods: [HTTPMethod]) -> String {
    methods.map(\.rawValue).joined(separator: ", ")
  }
}
