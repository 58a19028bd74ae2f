import KernelHAL
import MnosABI

/// The end of a process, stage by stage.
extension Kernel where P: ~Copyable {
  /// A process: ends when it is condemned, or when nobody can reach it. What it held is given back
  /// in stages, each of which relies on those before it:
  ///
  ///     threads ──────> nobody runs in it, and nothing new comes into its table
  ///     capabilities ─> its slots are free, and what was mapped through them is unmapped
  ///     ports ────────> the ranges that others bound to it
  ///     mappings ─────> what others mapped into it, through capabilities of their own
  ///     chunks ───────> the table's frames: every slot in them is free
  ///     spaces ───────> directory and root table: no page is mapped, so no other table is left
  ///     done
  ///
  /// The object itself stays, with its exit value, until the last capability to it goes.
  mutating func reap(_ process: ProcessID, steps: inout Int) -> Bool {
    let isOutOfReach =
      objects[process].header.names.isEmpty
      || (objects[process].state == .stopped && objects[process].foreignNameCount == 0)
    if objects[process].header.isCondemned || isOutOfReach {
      objects.beginEnding(process, value: ExitValue.killed)
    }
    if objects[process].state == .ending {
      while steps > 0, objects[process].endStage != .done { endStep(of: process, steps: &steps) }
      guard objects[process].endStage == .done else { return false }
      finishEnding(of: process)
    }
    guard objects[process].state == .ended else { return true }
    guard endNames(of: process.header, steps: &steps) else {
      return !isUnfinished(process.header)
    }
    return finish(process.header, steps: &steps)
  }

  private mutating func endStep(of process: ProcessID, steps: inout Int) {
    switch objects[process].endStage {
    case .threads:
      let thread = objects[process].threads.first(notBelow: 0, in: objects)
      guard !thread.isNone else { return proceed(process, to: .capabilities) }
      steps -= waitSteps(of: thread)
      objects.end(thread, value: objects[process].exitValue)
      // If it is not done, the thread is still the first, and the next step goes on with it.
      _ = detach(thread, steps: &steps)
    case .capabilities: endCapabilities(of: process, steps: &steps)
    case .ports:
      emptyPorts(of: process)
      steps -= 4
      proceed(process, to: .mappings)
    case .mappings:
      let mapping = objects[process].mappings.root
      guard !mapping.isNone else { return proceed(process, to: .chunks) }
      _ = unmapStep(mapping, steps: &steps)
    case .chunks: endChunk(of: process, steps: &steps)
    case .spaces:
      steps -= 2
      let directory = objects.number(at: objects[process].table.directoryFrame)
      freeFrame(directory, chargedTo: objects[process].header.budget)
      endSpace(of: process)
      proceed(process, to: .done)
    case .done: return
    }
  }

  private mutating func proceed(_ process: ProcessID, to stage: EndStage) {
    objects[process].endStage = stage
    objects[process].endCursor = 0
  }

  /// Deletes the capability of the next slot; the cursor is a slot's index. A chunk that does not
  /// exist is skipped in one step, and the scan is over when no slot is in use.
  private mutating func endCapabilities(of process: ProcessID, steps: inout Int) {
    steps -= 1
    let index = objects[process].endCursor
    guard index < SlotChoice.any, objects[process].table.usedCount > 0 else {
      return proceed(process, to: .ports)
    }
    let slot = objects[process].table.slot(at: index, in: objects)
    if slot.isNone {
      // The last chunk ends the scan: its index must not wrap to 0.
      objects[process].endCursor = min(index, SlotChoice.any - 64) + 64
    } else if objects[slot].state == .free || deleteStep(slot, steps: &steps) {
      objects[process].endCursor = index + 1
    }
  }

  /// Gives back the next chunk; the cursor is a chunk's number.
  private mutating func endChunk(of process: ProcessID, steps: inout Int) {
    steps -= 1
    let table = objects[process].table
    guard table.chunkCount > 0 else { return proceed(process, to: .spaces) }
    let chunk = objects[process].endCursor
    objects[process].endCursor = chunk + 1
    let frame = table.chunkFrame(chunk, in: objects)
    guard frame != 0 else { return }
    objects[process].table.setChunkFrame(0, chunk, in: objects)
    objects[process].table.chunkCount -= 1
    freeFrame(objects.number(of: frame), chargedTo: objects[process].header.budget)
  }

  /// Everything was given back: the process has ended, and its supervisor hears of it.
  ///
  /// The signal comes last of all: who waits for it may rely on the memory being there again.
  private mutating func finishEnding(of process: ProcessID) {
    objects[process].state = .ended
    objects.shared.processes.remove(process, in: objects)
    if process == objects.shared.firstProcess {
      objects.shared.firstProcessEnd = ProcessEnd(
        exitValue: objects[process].exitValue, faultAddress: objects[process].faultAddress,
        faultPC: objects[process].faultPC)
    }
    let supervisor = objects[process].supervisor
    guard !supervisor.isNone else { return }
    objects.signalBound(supervisor)
    emptyBound(supervisor)
  }
}
