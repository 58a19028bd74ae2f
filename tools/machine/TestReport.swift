/// The outcome of tests, counted by their own words.
public struct TestReport: Sendable, Equatable {
  /// One test that did not pass, or was not run, and why.
  public struct Remark: Sendable, Equatable {
    public let name: String
    public let reason: String

    public init(name: String, reason: String) {
      self.name = name
      self.reason = reason
    }
  }

  public private(set) var passedCount = 0
  /// Those of the passed tests whose names are known.
  public private(set) var passedNames: Set<String> = []
  public private(set) var failures: [Remark] = []
  /// Tests that do not apply to the machine.
  public private(set) var inapplicable: [Remark] = []
  /// Tests that would apply, but lack something on this host.
  public private(set) var skipped: [Remark] = []

  public init() {}

  public mutating func pass(_ name: String) {
    passedCount += 1
    passedNames.insert(name)
  }

  /// Counts tests that passed and are not told apart.
  public mutating func pass(count: Int) { passedCount += count }

  public mutating func fail(_ name: String, _ reason: String) {
    failures.append(Remark(name: name, reason: reason))
  }

  /// Counts the test `name`, which failed if there is a reason.
  public mutating func judge(_ name: String, _ failure: String?) {
    if let failure { fail(name, failure) } else { pass(name) }
  }

  /// Notes that the test `name` has no meaning on the machine.
  public mutating func doesNotApply(_ name: String, _ reason: String) {
    inapplicable.append(Remark(name: name, reason: reason))
  }

  /// Notes that the test `name` could not be run here.
  public mutating func skip(_ name: String, _ reason: String) {
    skipped.append(Remark(name: name, reason: reason))
  }

  /// Adds the outcome of other tests, with `prefix` before the names of those with remarks.
  public mutating func add(_ other: TestReport, prefix: String = "") {
    func named(_ remarks: [Remark]) -> [Remark] {
      remarks.map { Remark(name: prefix + $0.name, reason: $0.reason) }
    }
    passedCount += other.passedCount
    passedNames.formUnion(other.passedNames.map { prefix + $0 })
    failures += named(other.failures)
    inapplicable += named(other.inapplicable)
    skipped += named(other.skipped)
  }

  /// This report with each failure's reason changed by `change`.
  func explained(_ change: (Remark) -> String) -> TestReport {
    var other = self
    other.failures = failures.map { Remark(name: $0.name, reason: change($0)) }
    return other
  }

  /// The names of all tests, however they ended.
  public var names: Set<String> {
    passedNames.union((failures + inapplicable + skipped).map(\.name))
  }

  /// The last line of `mnos test`.
  public var summary: String {
    var parts = ["\(passedCount) passed", "\(failures.count) failed"]
    if !inapplicable.isEmpty { parts.append("\(inapplicable.count) not applicable") }
    if !skipped.isEmpty { parts.append("\(skipped.count) skipped") }
    return parts.joined(separator: ", ")
  }
}
