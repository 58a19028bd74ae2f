/// What an explorer can look at: something with states that can be gone back to.
protocol Explorable: AnyObject {
  associatedtype Image

  /// All that can be tried in a state.
  var steps: [ExploredStep] { get }

  func image() -> Image
  /// Goes back to a state.
  func restore(_ image: borrowing Image)

  /// Makes a step.
  ///
  /// - Returns: Whether it can be made in this state; if not, nothing has changed.
  func take(_ step: ExploredStep) -> Bool

  /// What is wrong with the step that was just made.
  var findingsOfStep: [String] { get }
  /// What is wrong with the state.
  var findings: [String] { get }

  /// The state, and which role is in which place of it.
  func read() -> (digest: StateDigest, roles: [Int])
  /// For each role, how its call stands.
  var calls: [CallProgress] { get }
}

/// How a thread stands with a call that it has made to another.
enum CallProgress: UInt8 {
  /// It makes none, or that has ended.
  case none
  /// It waits, and somebody who could serve it is busy or cannot run.
  case waits
  /// It waits, and somebody who could serve it has nothing else to do.
  case isServed
}
