import Libmnos

/// A service of the manifest and how it is doing.
final class Service {
  let entry: ServiceEntry
  var process: LoadedProcess?
  var policy = RestartPolicy()
  /// Not to be started before; nil if not to be started any more.
  var startTime: UInt64? = 0
  /// Whether its program cannot be started at all.
  var isMissing = false

  /// Its share of the CPU's time while it does not run: or whoever is quick enough could take
  /// it, and it could not be started any more.
  var reserve: Budget?

  /// Where its callers wait, if it is kept for it; made when it is first started.
  var queue: ServiceQueue?

  init(_ entry: ServiceEntry) { self.entry = entry }

  /// Whether it does not run and will not again.
  var isGivenUp: Bool { process == nil && (isMissing || startTime == nil) }

  /// Whether its process is no longer running, noticed or not.
  var hasEnded: Bool {
    guard let process else { return true }
    guard let state = process.status()?.state else { return false }
    return state != .running && state != .new
  }

  var state: ServiceState {
    if process != nil { return .running }
    if isMissing { return .missing }
    return startTime == nil ? .ended : .waiting
  }

  /// The share of the CPU's time that it has, or that waits for it.
  private var share: CPUShare? {
    if let process { return (try? process.budget.usage())?.share }
    return (try? reserve?.usage())?.share
  }

  var info: ServiceInfo {
    ServiceInfo(
      state: state, process: process?.number ?? 0, restartCount: policy.restartCount,
      share: share, keepsQueue: entry.keepsQueue, name: entry.name)
  }
}
