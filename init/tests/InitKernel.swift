import Foundation
import LibmnosHost

@testable import InitService
@testable import Libmnos

/// (F) As much of a kernel as init needs to start programs: objects by handle, and memory that is
/// really mapped where this process asks for it.
///
/// All that is asked of it is noted. What it does not know succeeds and does nothing.
final class InitKernel {
  struct Call: Equatable {
    let number: SyscallNumber?
    let handle: UInt64
    let argument: UInt64
  }
  /// Part of a process's addresses.
  struct Mapping {
    let process: UInt64
    let address: UInt64
    let offset: Int
    let byteCount: Int
    let rights: UInt64
    let memory: UInt64
  }
  private final class Bytes {
    var all: [UInt8]
    init(_ all: [UInt8]) { self.all = all }
  }

  var calls: [Call] = []
  private(set) var mappings: [Mapping] = []
  private var types: [UInt64: ObjectType] = [:]
  private var memories: [UInt64: Bytes] = [:]
  private var badges: [UInt64: UInt64] = [:]
  private var last: UInt64 = 1000

  /// Whether anything was asked that ends, takes away or gives.
  var hasActed: Bool {
    let acts: [SyscallNumber] = [
      .destroy, .revoke, .copy, .create, .start, .suspend, .control, .bind, .map, .signal, .move,
    ]
    return calls.contains { $0.number.map(acts.contains) ?? true }
  }

  func make(_ type: ObjectType, badge: UInt64 = 0) -> Handle {
    last += 1
    types[last] = type
    badges[last] = badge
    return Handle(rawValue: UInt32(last))
  }

  func makeMemory(_ bytes: [UInt8]) -> Memory {
    let handle = make(.memory)
    let padding = (4096 - bytes.count % 4096) % 4096
    memories[UInt64(handle.rawValue)] = Bytes(bytes + [UInt8](repeating: 0, count: padding))
    return Memory(adopting: handle)
  }

  func bytes(of memory: UInt64) -> [UInt8] { memories[memory]?.all ?? [] }

  func answer(_ registers: inout CallRegisters) {
    let number = SyscallNumber(rawValue: UInt8(CallWord(rawValue: registers.call).number))
    let (handle, argument) = (registers.argument0, registers.argument1)
    calls.append(Call(number: number, handle: handle, argument: argument))
    registers.call = 0
    switch number {
    case .create: create(&registers)
    case .copy:
      guard let type = types[handle] else { return refuse(&registers) }
      let copy = make(type, badge: registers.words[1])
      memories[UInt64(copy.rawValue)] = memories[handle]
      registers.argument0 = UInt64(copy.rawValue)
    case .inspect:
      guard let type = types[handle] else { return refuse(&registers) }
      registers.words[0] = UInt64(type.rawValue)
      registers.words[1] = UInt64(Rights.all.bits)
      registers.words[2] = badges[handle] ?? 0
    case .query: query(&registers)
    case .map: map(&registers)
    case .unmap where handle == 0: unmap(argument)
    default: break
    }
  }

  private func refuse(_ registers: inout CallRegisters) {
    registers.call = ResultWord(.badCapability).rawValue
  }

  private func create(_ registers: inout CallRegisters) {
    let type = ObjectType(rawValue: UInt8(registers.argument1)) ?? .none
    let handle = make(type)
    if type == .memory {
      memories[UInt64(handle.rawValue)] = Bytes(
        [UInt8](repeating: 0, count: Int(registers.words[0])))
    }
    registers.argument0 = UInt64(handle.rawValue)
  }

  private func query(_ registers: inout CallRegisters) {
    switch types[registers.argument0] {
    case .memory:
      registers.words[0] = UInt64(memories[registers.argument0]?.all.count ?? 0)
    case .budget: registers.words[0] = 1 << 40
    case .process:
      registers.words[0] = UInt64(ProcessState.running.rawValue)
      registers.words[2] = 1
    default: break
    }
  }

  private func map(_ registers: inout CallRegisters) {
    let mapping = Mapping(
      process: registers.argument1, address: registers.argument2, offset: Int(registers.words[0]),
      byteCount: Int(registers.words[1]), rights: registers.words[2], memory: registers.argument0)
    guard let memory = memories[mapping.memory] else { return refuse(&registers) }
    mappings.append(mapping)
    guard mapping.process == 0 else { return }
    // SAFETY: a new mapping, at the address or not; in it, all bytes are this process's.
    let place = unsafe mmap(
      UnsafeMutableRawPointer(bitPattern: UInt(mapping.address)), mapping.byteCount,
      PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    let found = unsafe UInt64(UInt(bitPattern: place))
    precondition(found == mapping.address, "the address is in use")
    let part = Array(memory.all[mapping.offset..<mapping.offset + mapping.byteCount])
    unsafe place?.copyMemory(from: part, byteCount: part.count)
  }

  /// What was written through the mapping is the memory's.
  private func unmap(_ address: UInt64) {
    guard let index = mappings.firstIndex(where: { $0.process == 0 && $0.address == address })
    else { return }
    let mapping = mappings.remove(at: index)
    // SAFETY: mapped above, and used no more.
    let place = unsafe UnsafeMutableRawPointer(bitPattern: UInt(address))
    let bytes = unsafe Array(UnsafeRawBufferPointer(start: place, count: mapping.byteCount))
    if mapping.rights & UInt64(Rights.write.bits) != 0 {
      memories[mapping.memory]?.all.replaceSubrange(
        mapping.offset..<mapping.offset + mapping.byteCount, with: bytes)
    }
    _ = unsafe munmap(place, mapping.byteCount)
  }

  /// Runs `body` with this kernel, in a process that can map memory.
  func run<R>(_ body: () throws -> R) rethrows -> R {
    _ = HostProcess.start
    return try HostTrap.answering(by: answer, body)
  }
}

/// (F) The process of the tests as the library sees it.
private enum HostProcess {
  static let start: Void = {
    // SAFETY: never freed, and initialised before it is installed.
    let state = unsafe UnsafeMutablePointer<OwnProcess>.allocate(capacity: 1)
    unsafe state.initialize(to: OwnProcess(ProcessIdentity(), startPage: 0))
    unsafe OwnProcess.install(state)
  }()
}
