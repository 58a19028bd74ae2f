import LoaderCore

/// The firmware's console.
///
/// Source: UEFI 2.10 §12.3 and §12.4.
struct Console {
  private let firmware: Firmware

  init(_ firmware: Firmware) { self.firmware = firmware }

  /// Prints one line, below what the firmware left on the current one.
  func print(_ text: consuming FirmwareText) {
    if isInsideLine { output(FirmwareText()) }
    output(text)
  }

  /// Whether the cursor is not at the beginning of a line.
  ///
  /// Source: UEFI 2.10 §12.4.1: the mode is at 72 in ConOut, the column at 12 in the mode.
  private var isInsideLine: Bool {
    // SAFETY: the system table and the interfaces in it, as the specification lays them out.
    let output = unsafe Firmware.word(firmware.systemTable + 64)
    guard output != 0 else { return false }
    let mode = unsafe Firmware.word(output + 72)
    guard mode != 0 else { return false }
    return unsafe Firmware.half(mode + 12) != 0
  }

  /// Prints `text` and ends the line.
  private func output(_ text: consuming FirmwareText) {
    text.append(byte: 0x0d)
    text.append(byte: 0x0a)
    // SAFETY: ConOut->OutputString(this, text); the text ends in a zero and outlives the call.
    unsafe Firmware.withAddress(of: &text.units) { address in
      let output = unsafe Firmware.word(firmware.systemTable + 64)
      if output != 0 { _ = unsafe firmware.call(at: output + 8, output, address) }
    }
  }

  /// Prints why booting failed and what to do, on one line.
  func report(_ failure: LoaderFailure) {
    var line = FirmwareText()
    line.append(StaticText("mnos boot loader: error: "))
    if let file = failure.file {
      line.append(file)
      line.append(StaticText(": "))
    }
    if let number = failure.line {
      line.append(StaticText("line "))
      line.append(number: UInt64(number))
      line.append(StaticText(": "))
    }
    line.append(failure.problem)
    if let value = failure.value {
      line.append(StaticText(" ("))
      line.append(number: value)
      line.append(StaticText(")"))
    }
    if failure.advice.count > 0 {
      line.append(StaticText("; "))
      line.append(failure.advice)
    }
    print(line)
  }

  /// Waits for a key, or ten seconds.
  func waitForKey() {
    var line = FirmwareText()
    line.append(StaticText("mnos boot loader: back to the firmware in 10 seconds or at a key"))
    print(line)
    // SAFETY: ConIn->ReadKeyStroke(this, key) with a key of 4 bytes, and Stall(microseconds).
    let input = unsafe Firmware.word(firmware.systemTable + 48)
    guard input != 0 else { return }
    for _ in 0..<100 {
      var key: UInt64 = 0
      let status = unsafe Firmware.withAddress(of: &key) {
        unsafe firmware.call(at: input + 8, input, $0)
      }
      if status.isSuccess { return }
      _ = unsafe firmware.call(.stall, 100_000)
    }
  }
}
