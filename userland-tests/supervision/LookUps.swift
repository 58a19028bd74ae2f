import Libmnos

/// Names of services that are not there, and who may do what.
extension System {
  func checkLookUps() {
    for (name, fact) in [
      (Self.subject, "SUP_005_noLookUpOfVFSLeadsToADeadInstance" as StaticString),
      (Name("initramfs"), "SUP_005_noLookUpOfInitramfsLeadsToADeadInstance"),
      (Name("console"), "SUP_005_noLookUpOfTheConsoleLeadsToADeadInstance"),
    ] {
      var problem: StaticString?
      for _ in 0..<8 where problem == nil { problem = lookUpAfterAKill(of: name) }
      report.judge(fact, problem)
    }
  }

  private func lookUpAfterAKill(of name: Name) -> StaticString? {
    guard kill(name) else { return "it cannot be ended" }
    // At once it is there no more, or there again.
    do throws(CallFailure<NameProtocol.Failure>) {
      let end = try directory.lookUp(name, waits: false)
      guard isAnswered(end, name) else { return "a look-up led to a dead instance" }
    } catch {
      guard case .refused(.unavailable) = error else { return "a look-up was refused otherwise" }
    }
    guard let end = try? directory.lookUp(name, deadline: Clock.now() + Self.patience) else {
      return "a look-up that waits brought nothing"
    }
    return isAnswered(end, name) ? nil : "a look-up that waits led to a dead instance"
  }

  /// Whether a call through the end of this service is answered, by whichever instance.
  private func isAnswered(_ end: consuming SendEndpoint, _ name: Name) -> Bool {
    if name == Name("console") {
      return (try? Client<ConsoleProtocol>(end).call(.flush)) != nil
    }
    let client = Client<FileSystemProtocol>(end)
    if name == Self.subject {
      guard case .number = Self.ask(.count, client) else { return false }
      return true
    }
    var path: [UInt8] = []
    path.write("/etc/motd")
    guard case .status(let status)? = try? client.call(.status, lending: path.span) else {
      return false
    }
    return status.byteCount > 0
  }

  // MARK: Others' rights

  func checkImpersonation() {
    let before = state()
    var bits: UInt64 = .max
    if case .number(let found) = ask(.intrude) { bits = found }
    report.judge(
      "SUP_006_aServiceWithoutAuthorityIsRefusedEverything",
      bits == 0 ? nil : "attempts that were not refused, a bit each", bits)
    report.judge("SUP_006_whatNamesNothingIsRefused", refusals())
    let after = state()
    report.judge(
      "SUP_006_refusedAttemptsHaveNoEffect",
      before == after && !before.isEmpty ? nil : "services are not what they were")
  }

  /// Which process each service is, and how often it was started anew.
  private func state() -> [UInt64] {
    var state: [UInt64] = []
    for index in 0..<16 as Range<UInt32> {
      guard case .service(let info)? = try? processes.call(.service(at: index)) else { break }
      state.append(UInt64(info.process) << 32 | UInt64(info.restartCount))
    }
    return state
  }

  private func refusals() -> StaticString? {
    let requests: [(ProcessProtocol.Request, ProcessProtocol.Failure)] = [
      (.kill(0), .notPermitted), (.kill(1), .notPermitted), (.kill(.max), .notFound),
      (.kill(1_000_000), .notFound), (.wait(0), .notFound), (.wait(.max), .notFound),
      (.capability(of: .max, from: 0), .notFound), (.thread(of: 0, from: 0), .notFound),
      (.spawn(SpawnRequest(argumentByteCount: 5)), .badCapability),
    ]
    for (request, wanted) in requests {
      do throws(CallFailure<ProcessProtocol.Failure>) {
        _ = try processes.call(request)
        return "something impossible was done"
      } catch {
        guard case .refused(let found) = error, found == wanted else {
          return "something was refused otherwise"
        }
      }
    }
    for index in [4, 5, 1000, .max] as [UInt32] {
      guard case .endOfList? = try? processes.call(.service(at: index)) else {
        return "there is a service behind the last"
      }
    }
    for name in [Name("vfs"), Name("console"), Name("shell"), Name("init")] {
      do throws(CallFailure<NameProtocol.Failure>) {
        _ = try directory.call(.register(name))
        return "a name was given away"
      } catch {
        guard case .refused(.notPermitted) = error else { return "a name was refused otherwise" }
      }
    }
    return nil
  }
}
