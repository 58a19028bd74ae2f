import KernelCore
import KernelHAL
import MnosABI

// Last words. Fence: walks its own stack and reads the table of names.

/// An exception in kernel mode: the kernel's own fault, so it stops.
@c(mnos_kernel_trap)
func kernelTrapEntry(
  _ cause: UInt64, _ detail: UInt64, _ address: UInt64, _ pc: UInt64, _ framePointer: UInt64
) -> Never {
  panicking { platform in
    platform.write("kernel panic: ")
    if address >= ImageLayout.stackGuard, address < ImageLayout.stack.lowerBound {
      platform.write("kernel stack overflow")
    } else {
      platform.write("exception in the kernel")
    }
    platform.write(": cause ")
    platform.write(hexadecimal: cause)
    platform.write(", detail ")
    platform.write(hexadecimal: detail)
    platform.write(", address ")
    platform.write(hexadecimal: address)
    platform.write("\n")
    Backtrace.write(from: pc, framePointer: framePointer, to: &platform)
  }
}

/// Says what `body` says, and stops the machine.
func panicking(_ body: (inout CurrentPlatform) -> Void) -> Never {
  // SAFETY: the machine stops here.
  unsafe Instance.withPlatformUnlocked { platform in
    body(&platform)
    platform.stop()
  }
  while true {}
}

extension MachinePlatform where Self: ~Copyable {
  /// Ends the boot or the panic: this CPU halts, so that the report can be read, or the
  /// machine goes off if the options ask for that.
  @inline(never)
  mutating func stop() {
    write("kernel panic: the machine stops here\n")
    if Instance.powersOffOnPanic { powerOff() }
    halt()
  }
}

/// The calls that led to a place, by frame pointers.
enum Backtrace {
  /// Writes one line per call: address, function and offset in it.
  static func write(
    from pc: UInt64, framePointer: UInt64, to platform: inout CurrentPlatform
  ) {
    writeLine(pc, to: &platform)
    var frame = framePointer
    for _ in 0..<32 {
      guard frame & 7 == 0, frame >= ImageLayout.stack.lowerBound + 16,
        frame <= ImageLayout.stack.upperBound - 16
      else { return }
      // The saved frame pointer and the return address lie where the platform puts them.
      let link = CurrentPlatform.frameLink(at: frame)
      guard ImageLayout.text.contains(link.returnAddress) else { return }
      // The call is before the address that it returns to.
      writeLine(link.returnAddress - 1, to: &platform)
      guard link.caller > frame else { return }
      frame = link.caller
    }
  }

  private static func writeLine(_ pc: UInt64, to platform: inout CurrentPlatform) {
    platform.write("  at ")
    platform.write(hexadecimal: pc)
    platform.write("  ")
    writeName(of: pc, to: &platform)
    platform.write("\n")
  }

  /// Finds the function that `pc` is in. Format: tools/builder/elf/SymbolTable.swift.
  private static func writeName(of pc: UInt64, to platform: inout CurrentPlatform) {
    guard ImageLayout.text.contains(pc) else { return platform.write("outside the kernel's code") }
    let offset = pc - ImageLayout.start
    let table = ImageLayout.symbols
    let count = UInt64(word(table))
    var low: UInt64 = 0
    var high = count
    while low < high {
      let middle = (low + high) / 2
      if UInt64(word(table + 4 + middle * 8)) <= offset { low = middle + 1 } else { high = middle }
    }
    guard low > 0 else { return platform.write("?") }
    let entry = table + 4 + (low - 1) * 8
    var name = table + 4 + count * 8 + UInt64(word(entry + 4))
    while byte(name) != 0 {
      platform.writeDebug(byte: byte(name))
      name += 1
    }
    platform.write(" + ")
    platform.write(decimal: offset - UInt64(word(entry)))
  }

  private static func word(_ address: UInt64) -> UInt32 {
    // SAFETY: inside the symbol table, which is read-only data of the image.
    unsafe UnsafePointer<UInt32>(bitPattern: UInt(address)).unsafelyUnwrapped.pointee
  }
  private static func byte(_ address: UInt64) -> UInt8 {
    // SAFETY: inside the symbol table, whose names end with a zero byte.
    unsafe UnsafePointer<UInt8>(bitPattern: UInt(address)).unsafelyUnwrapped.pointee
  }
}
