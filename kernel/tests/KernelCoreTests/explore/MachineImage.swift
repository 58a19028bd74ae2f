import Foundation
import PlatformSim

@testable import KernelCore

/// A state of a machine with its kernel, to be gone back to: what of RAM differs from the root
/// state, word by word, and all that is not in RAM. A few kilobytes.
struct MachineImage {
  fileprivate let devices: SimulatedPlatform.Devices
  fileprivate let cpu: CPUID
  fileprivate let identifiers: IdentifierSet
  fileprivate let growth: TableGrowth
  fileprivate let frames: FrameAllocator
  fileprivate let kernelFrames: UInt64
  /// Words of RAM, counted from its start, and what they hold.
  fileprivate let places: [UInt32]
  fileprivate let words: [UInt64]
}

/// Takes images of one machine, and sets it back to them.
///
/// To set it back is to copy the root's RAM, some 100 KiB, and to write the few words that differ:
/// no system call is made again.
@safe final class MachineKeeper {
  let machine: TestMachine
  private let root: UnsafeMutableRawPointer
  private let byteCount: Int
  private static let frame = 4096
  private static let granule = 64

  /// - Parameter machine: In its root state.
  init(_ machine: TestMachine) {
    self.machine = machine
    let range = machine.kernel.platform.ramRange
    byteCount = Int(range.upperBound - range.lowerBound)
    // SAFETY: freed in deinit only, and filled at once.
    unsafe root = UnsafeMutableRawPointer.allocate(byteCount: byteCount, alignment: Self.frame)
    // SAFETY: both have `byteCount` bytes.
    unsafe root.copyMemory(from: Self.memory(of: machine), byteCount: byteCount)
  }

  deinit {
    // SAFETY: allocated in init, freed only here.
    unsafe root.deallocate()
  }

  private static func memory(of machine: TestMachine) -> UnsafeMutableRawPointer {
    let platform = machine.kernel.platform.physicalWindowBase
    let start = platform &+ machine.kernel.platform.ramRange.lowerBound
    // SAFETY: the window shows all RAM for as long as the machine lives.
    return unsafe UnsafeMutableRawPointer(bitPattern: UInt(start)).unsafelyUnwrapped
  }

  func image() -> MachineImage {
    var places: [UInt32] = []
    var words: [UInt64] = []
    // SAFETY: the machine lives as long as this value, and all offsets are below `byteCount`.
    let memory = unsafe Self.memory(of: machine)
    for frame in stride(from: 0, to: byteCount, by: Self.frame)
    where unsafe memcmp(memory + frame, root + frame, Self.frame) != 0 {
      for granule in stride(from: frame, to: frame + Self.frame, by: Self.granule)
      where unsafe memcmp(memory + granule, root + granule, Self.granule) != 0 {
        for offset in stride(from: granule, to: granule + Self.granule, by: 8) {
          let word = unsafe memory.load(fromByteOffset: offset, as: UInt64.self)
          guard unsafe word != root.load(fromByteOffset: offset, as: UInt64.self) else { continue }
          places.append(UInt32(offset / 8))
          words.append(word)
        }
      }
    }
    let kernel = machine.kernelBesideMemory
    return MachineImage(
      devices: kernel.devices, cpu: kernel.cpu, identifiers: kernel.identifiers,
      growth: kernel.growth, frames: kernel.frames, kernelFrames: kernel.kernelFrames,
      places: places, words: words)
  }

  /// - Parameter image: Of this keeper's machine.
  func restore(_ image: borrowing MachineImage) {
    // SAFETY: as in `image()`.
    let memory = unsafe Self.memory(of: machine)
    unsafe memcpy(memory, root, byteCount)
    for index in 0..<image.places.count {
      unsafe memory.storeBytes(
        of: image.words[index], toByteOffset: Int(image.places[index]) * 8, as: UInt64.self)
    }
    machine.kernel.platform.restore(image.devices)
    machine.kernel.cpu = image.cpu
    machine.kernel.identifiers = image.identifiers
    machine.kernel.growth = image.growth
    machine.kernel.frames = image.frames
    machine.kernel.kernelFrames = image.kernelFrames
  }
}

extension TestMachine {
  fileprivate var kernelBesideMemory:
    (
      devices: SimulatedPlatform.Devices, cpu: CPUID, identifiers: IdentifierSet,
      growth: TableGrowth, frames: FrameAllocator, kernelFrames: UInt64
    )
  {
    (
      kernel.platform.devices, kernel.cpu, kernel.identifiers, kernel.growth, kernel.frames,
      kernel.kernelFrames
    )
  }
}
