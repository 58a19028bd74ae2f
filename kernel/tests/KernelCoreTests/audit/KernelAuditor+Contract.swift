import KernelHAL
import MnosABI
import PlatformSim

@testable import KernelCore

/// What holds between calls although no count says so: promises of the manual.
extension KernelAuditor {
  /// Messages that wait have the rights that sending them took.
  mutating func checkMessages(_ kernel: borrowing TestKernel) {
    for thread in census.threads where kernel.objects[thread].state == .sending {
      let object = kernel.objects[thread]
      guard isLive(object.waitSlot), !object.message.isFault else { continue }
      let rights = kernel.objects[object.waitSlot].rights
      expect(
        !object.message.isCall || rights.includes(.write.union(.call)),
        "thread \(thread.granule): calls without the right")
      guard object.message.transferCount > 0 else { continue }
      expect(rights.includes(.grant), "thread \(thread.granule): attaches without the right")
      for index in 0..<Int(object.message.transferCount) {
        let slot = object.message.parked[index]
        guard isLive(slot) else { continue }
        let isMove = object.message.moves & 1 << UInt8(index) != 0
        let held = kernel.objects[slot]
        // A copy in transit has the rights that it will arrive with.
        expect(
          !isMove || held.rights.includes(.transfer),
          "thread \(thread.granule): moves what cannot be moved")
        expect(
          !isMove || held.firstChild.isNone || Rights(bits: object.message.masks[index]).includes(held.rights),
          "thread \(thread.granule): moves a parent under a mask")
      }
    }
    for thread in census.threads where kernel.objects[thread].state == .awaitingReply {
      let slot = kernel.objects[thread].replySlot
      guard !slot.isNone, isLive(slot) else { continue }
      let owner = kernel.objects[slot].owner
      expect(
        isLive(owner) && kernel.objects[owner].state != .ended,
        "thread \(thread.granule): awaits a reply from a process that ended")
    }
  }

  /// What a thread lends lies in the user half, and goes with a call only.
  mutating func checkLeases(_ kernel: borrowing TestKernel) {
    for thread in census.threads {
      let message = kernel.objects[thread].message
      guard message.leases != .none else { continue }
      expect(
        message.callBits & PendingMessage.plainCall != 0 && !message.isFault,
        "thread \(thread.granule): lends without a call")
      for index in 0..<2 {
        let range = kernel.objects[thread].leased[index]
        expect(
          isInUserHalf(range.base, range.byteCount, kernel)
            && (message.leases[index] != .none || range.byteCount == 0),
          "thread \(thread.granule): lends what it cannot")
      }
    }
  }

  private func isInUserHalf(
    _ address: UInt64, _ byteCount: UInt64, _ kernel: borrowing TestKernel
  ) -> Bool {
    let limit = kernel.format.userAddressLimit
    return address <= limit && byteCount <= limit - address
  }

  /// A copy stays within the lease that it began with, through a right of its own process.
  private mutating func checkAccess(
    by thread: ThreadID, _ token: SlotToken, _ kernel: borrowing TestKernel
  ) {
    let name = "thread \(thread.granule)"
    let progress = kernel.objects[thread].accessing
    expect(
      isInUserHalf(progress.lent, progress.left, kernel)
        && isInUserHalf(progress.own, progress.left, kernel),
      "\(name): copies outside the user half")
    let slot = kernel.objects.redeem(token)
    guard !slot.isNone, kernel.objects[slot].state == .held else { return }
    expect(
      kernel.objects[slot].owner == kernel.objects[thread].process,
      "\(name): copies through another process's right")
    guard kernel.objects[slot].type == .reply else {
      return expect(false, "\(name): copies through what is no right to answer")
    }
    let caller = kernel.objects[slot].object.narrowed(to: ReplyTag.self).caller
    let isLent = (0..<2).contains {
      let range = kernel.objects[caller].leased[$0]
      return kernel.objects[caller].message.leases[$0].includes(progress.isWrite ? .write : .read)
        && progress.lent >= range.base
        && progress.lent - progress.done == range.base + progress.offset
        && progress.lent + progress.left <= range.base + range.byteCount
    }
    expect(isLent, "\(name): copies beyond what is lent")
  }

  /// Work is about something that is there, and what is half done has someone who does it.
  mutating func checkWork(_ kernel: borrowing TestKernel) {
    var cleared: [UInt32: Int] = [:]
    var endsSomething = !kernel.objects.shared.reaper.isEmpty
    for thread in census.threads {
      let name = "thread \(thread.granule)"
      switch kernel.objects[thread].work {
      case .none: break
      case .delete, .revoke: endsSomething = true
      case .fill(let slot):
        cleared[slot.granule, default: 0] += 1
        guard isLive(slot), kernel.objects[slot].type == .memory,
          kernel.objects[slot].state == .reserved, kernel.objects[slot].holder == thread.header
        else {
          expect(false, "\(name): fills what is no memory")
          break
        }
        let memory = kernel.objects[slot].object.narrowed(to: MemoryObject.self)
        expect(
          kernel.objects[memory].filled <= kernel.objects[memory].pageCount,
          "\(name): fills past the end")
      case .map(let mapping), .unmap(let mapping, _), .protect(let mapping, _):
        expect(
          isLive(mapping) && kernel.objects[mapping].worker == thread,
          "\(name): works on a mapping that does not know it")
      case .access(let token): checkAccess(by: thread, token, kernel)
      }
    }
    for mapping in census.mappings where !kernel.objects[mapping].worker.isNone {
      let worker = kernel.objects[mapping].worker
      guard isLive(worker) else {
        expect(false, "a mapping whose worker is gone")
        continue
      }
      switch kernel.objects[worker].work {
      case .map(mapping), .unmap(mapping, _), .protect(mapping, _): break
      default: expect(false, "a mapping whose worker does something else")
      }
    }
    for slot in census.slots {
      switch kernel.objects[slot].state {
      case .reserved:
        expect(cleared[slot.granule] == 1, "slot \(slot.granule): reserved, cleared by nobody")
      case .ending:
        expect(endsSomething, "slot \(slot.granule): ending, and nobody goes on with it")
      case .free, .held, .inTransit, .bound, .spare: break
      }
    }
  }

  /// Interrupt lines, port ranges and identifiers as the objects say.
  mutating func checkMachine(_ kernel: borrowing TestKernel) {
    var claimed: [UInt32: InterruptID] = [:]
    for chain in 0..<64 {
      var interrupt = kernel.objects.shared.interrupts[chain]
      var steps = 0
      while !interrupt.isNone, steps <= census.interrupts.count {
        guard isLive(interrupt) else {
          expect(false, "interrupts: a dead one is claimed")
          break
        }
        let object = kernel.objects[interrupt]
        expect(Int(object.line & 63) == chain, "interrupts: in the wrong chain")
        expect(
          claimed.updateValue(interrupt, forKey: object.line) == nil, "interrupts: line twice")
        interrupt = object.nextInChain
        steps += 1
      }
    }
    expect(claimed.count == census.interrupts.count, "interrupts: one is in no chain")
    for (line, state) in kernel.platform.interruptController.lines.enumerated() {
      guard let interrupt = claimed[UInt32(line)] else {
        expect(!state.isEnabled, "line \(line): enabled and claimed by nobody")
        continue
      }
      let object = kernel.objects[interrupt]
      expect(
        !state.isEnabled || !object.target.isNone, "line \(line): enabled without a target")
    }
    for process in census.processes where kernel.objects[process].state != .ended {
      let object = kernel.objects[process]
      let slots = (0..<4).map { object.portSlots[$0] }
      let ranges = (0..<4).map { object.ports[$0] }
      for (slot, range) in zip(slots, ranges) {
        guard !slot.isNone else {
          expect(range.count == 0, "process \(process.granule): ports that nobody gave")
          continue
        }
        let isSame =
          isLive(slot)
          && kernel.objects[slot].badge == UInt64(range.first) | UInt64(range.count) << 32
        expect(isSame, "process \(process.granule): other ports than were given")
      }
    }
    for (index, cpu) in kernel.platform.cpus.enumerated() where cpu.timerDeadline != .max {
      expect(
        !kernel.objects.shared.cpus[index].isNone, "CPU \(index): a timer of a CPU that takes no part")
    }
  }
}
