import Libmnos

/// The first program: gets all authority at boot, and gives each service its part.
@main struct Init: Program {
  static func run(_ start: inout StartContext) -> UInt64 {
    guard let boot = start.boot else { return UInt64(SyscallStatus.unavailable.rawValue) }
    let machine = Machine(adopting: Handle(rawValue: boot.machine))
    var log = Log(to: machine)
    do throws(SyscallStatus) {
      var server = try InitServer(start, boot, machine, &log)
      server.startServices()
      let endpoint = try server.authority.endpoint.copy(rights: .all)
      try endpoint.serve(&server)
      return 0
    } catch {
      log.begin(Name("init"))
      log.write("cannot go on: ")
      log.write(error.words)
      log.writeLine()
      return UInt64(error.rawValue)
    }
  }
}
