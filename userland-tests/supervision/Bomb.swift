import Libmnos

/// A program that makes processes and threads without end.
extension System {
  func checkBomb(_ start: borrowing StartContext, _ machine: borrowing Machine) {
    var number: UInt32 = 0
    let before = try? machine.statistics()
    report.judge(
      "RES_008_othersAreServedWhileABombGoesOn", explode(start, machine, &number))
    guard number != 0, let before else { return }
    var freed: UInt64 = 0
    let isBack =
      (try? processes.call(.kill(number))) != nil
      && wait(until: {
        guard let now = try? machine.statistics() else { return false }
        freed = now.freeFrames
        return now.freeFrames >= before.freeFrames && now.processes == before.processes
      })
    report.judge(
      "RES_008_allThatABombMadeEndsWithIt", isBack ? nil : "frames are missing",
      before.freeFrames &- freed)
  }

  /// Frames of what a program is given that a user starts, and some for what init keeps of it.
  private static var mostFrames: UInt64 { (32 << 20) / Limits.pageByteCount + 64 }

  private func explode(
    _ start: borrowing StartContext, _ machine: borrowing Machine, _ number: inout UInt32
  ) -> StaticString? {
    let before = try? machine.statistics()
    guard let bomb = spawn("bomb", start) else { return "it cannot be started" }
    number = bomb
    let own = try? start.budget.usage()
    // As many as its budget allows: then it goes on trying.
    let wanted = (before?.processes ?? 0) + 200
    guard wait(until: { ((try? machine.statistics())?.processes ?? 0) >= wanted }) else {
      return "it makes no processes"
    }
    var rounds = 0
    let promptness = askConsole(while: {
      rounds += 1
      return rounds < 100
    })
    guard promptness.count > 0, promptness.late * 10 <= promptness.count else {
      return "more than one of ten answers took 100 ms"
    }
    guard let later = try? start.budget.usage(), let own, later.memoryUsed == own.memoryUsed,
      later.objectsUsed == own.objectsUsed
    else { return "it used another's budget" }
    guard let now = try? machine.statistics(), let before,
      before.freeFrames - min(now.freeFrames, before.freeFrames) <= Self.mostFrames
    else { return "it used more than its budget" }
    // Others of its kind can still be started, and services answer.
    guard let other = spawn("leave-thread", start),
      case .ended(0)? = try? processes.call(.wait(other))
    else { return "no other program can be run" }
    guard case .number = ask(.count) else { return "a service does not answer" }
    return nil
  }

  /// Starts the program that goes wrong in this way.
  private func spawn(_ way: StaticString, _ start: borrowing StartContext) -> UInt32? {
    var text: [UInt8] = []
    text.write("tests/misbehaving")
    text.write(byte: 0)
    text.write(way)
    text.write(byte: 0)
    do throws(SyscallStatus) {
      let memory = try start.budget.makeMemory(byteCount: UInt64(text.count))
      var attachments = Attachments()
      attachments.attach(try memory.copy(rights: Rights.read.union(.transfer).union(.copy)))
      var mapped = try MappedMemory(memory)
      var span = mapped.mutableBytes
      for index in text.indices { span[index] = text[index] }
      let request = SpawnRequest(argumentByteCount: UInt32(text.count))
      guard
        case .started(let number)? = try? processes.call(
          .spawn(request), attaching: attachments
        ).reply
      else { return nil }
      return number
    } catch {
      return nil
    }
  }
}
