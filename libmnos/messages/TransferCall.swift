/// (F) Makes a message call whose argument 2 names a transfer record.
///
/// - Parameter isUsed: Whether the call word says that there is a record.
func performCall(
  _ registers: inout CallRegisters, _ record: TransferRecord, isUsed: Bool
) -> ResultWord {
  guard isUsed else { return SystemCall.perform(&registers) }
  var record = record
  // SAFETY: the kernel reads the record once, during the call, while it is on this stack.
  return unsafe withUnsafeMutablePointer(to: &record) { (pointer) in
    registers.argument2 = UInt64(UInt(bitPattern: pointer))
    return SystemCall.perform(&registers)
  }
}
