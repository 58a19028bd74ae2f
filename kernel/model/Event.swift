import MnosABI

/// Something that happens to the kernel.
public enum Event: Hashable, Sendable {
  /// A runnable thread makes a system call.
  case systemCall(by: ObjectID, Request)
  /// A runnable thread does what it cannot go on from.
  case fault(of: ObjectID, Fault)
  /// The deadline of a waiting thread passes.
  case deadline(of: ObjectID)
}

/// A permitted outcome of an event.
public struct Step: Hashable, Sendable {
  /// Every call that completed with the event, by thread.
  public var completions: [ObjectID: Completion]
  public var world: World
}

/// Every permitted outcome of an event, when all that ends by it has ended.
///
/// What the manual leaves to the kernel (slots, generations, times, bytes) is taken from
/// `observed` if it is allowed; without it the model chooses itself. No outcome at all means that
/// what was observed is not allowed, or that the event cannot happen.
///
/// - Parameter observed: The completions that were seen. Only free choices are taken from them: a
///   step has to be compared with them still.
public func outcomes(
  of event: Event, in world: World, observing observed: [ObjectID: Completion] = [:]
) -> [Step] {
  outcomes(of: event, in: world, observing: observed, isNarrow: false)
}

/// The outcomes whose completions are those that were observed.
public func steps(
  of event: Event, in world: World, observing observed: [ObjectID: Completion]
) -> [Step] {
  outcomes(of: event, in: world, observing: observed, isNarrow: true)
    .filter { $0.completions == observed }
}

/// - Parameter isNarrow: Whether outcomes may be left out that cannot be what was observed.
private func outcomes(
  of event: Event, in world: World, observing observed: [ObjectID: Completion], isNarrow: Bool
) -> [Step] {
  let late = Timing(isEarly: [])
  var steps = outcomes(
    of: event, in: Change(world: world, observed: observed, timing: late), isNarrow: isNarrow)
  // Of more than six the rest comes late.
  for choice in 0..<1 << min(late.choiceCount, 6) where choice > 0 {
    let timing = Timing(isEarly: (0..<late.choiceCount).map { choice >> $0 & 1 == 1 })
    let others = outcomes(
      of: event, in: Change(world: world, observed: observed, timing: timing), isNarrow: isNarrow)
    for step in others where !steps.contains(step) { steps.append(step) }
  }
  return steps
}

private func outcomes(of event: Event, in start: Change, isNarrow: Bool) -> [Step] {
  var change = start
  let world = start.world
  switch event {
  case .systemCall(let thread, let request):
    guard world.mayRun(thread) else { return [] }
    var attempt = Attempt(of: request, by: thread, in: change)
    attempt.make()
    return attempt.outcomes(isNarrow: isNarrow)
  case .fault(let thread, let fault):
    guard world.mayRun(thread) else { return [] }
    change.fault(of: thread, fault)
  case .deadline(let thread):
    guard world.threads[thread]?.activity.hasDeadline == true else { return [] }
    change.endWait(of: thread, with: .timedOut)
  }
  return change.settled()
}
