/// Counts the steps of a parser and stops the run when they are too many: a limit that holds on
/// any machine, however busy.
public final class StepCounter {
  public private(set) var count = 0
  private let limit: Int

  public init(limit: Int) { self.limit = limit }

  public func step(_ steps: Int = 1) {
    count += steps
    // A promise that is broken inside of a parser, which has no way to say so.
    precondition(count <= limit, "unbounded work: more than \(limit) steps")
  }
}
