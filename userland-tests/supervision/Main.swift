import Libmnos

/// A service that does what it is told, and who sees how init looks after it.
///
/// On an image of its own it stands in for vfs: there it counts what it is asked, holds requests
/// back, and faults. In the shell's place, where it has the authority to look after services, it
/// asks that of it, ends services, and reports facts as the test programs do.
@main struct Supervision: Program {
  static func run(_ start: inout StartContext) -> UInt64 {
    do throws(SyscallStatus) {
      let directory = Client<NameProtocol>(try start.take(ShortName("directory")))
      guard let end: SendEndpoint = try? start.take(ShortName("processes")) else {
        return try serve(directory, &start)
      }
      let machine: Machine = try start.take(ShortName("machine"))
      let system = try System(start, directory, Client(end))
      system.checkFaults(start)
      system.checkSpacing(start)
      system.checkLookUps()
      system.checkImpersonation()
      system.checkRetries(start)
      system.checkDriver()
      system.checkBomb(start, machine)
      system.report.finish(system.console)
      _ = try? system.processes.call(.power(.off))
      return 0
    } catch {
      return UInt64(error.rawValue)
    }
  }

  private static func serve(
    _ directory: consuming Client<NameProtocol>, _ start: inout StartContext
  ) throws(SyscallStatus) -> UInt64 {
    let endpoint = try start.serve(as: System.subject, by: directory)
    var subject = Subject(
      directory, own: try endpoint.makeSender(badge: NameProtocol.senderBadge))
    try endpoint.serve(&subject)
    return 0
  }
}
