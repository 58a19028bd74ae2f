extension ReplyRight {
  /// Answers a call of an interface at once.
  ///
  /// - Throws: why the caller did not get it: `badCapability` if it no longer waits.
  public consuming func succeed<API: Interface>(
    _ reply: API.Reply, of api: API.Type
  ) throws(SyscallStatus) {
    try answer(encodeReply(reply, of: api))
  }

  /// Refuses a call of an interface at once.
  public consuming func fail<API: Interface>(
    _ failure: API.Failure, of api: API.Type
  ) throws(SyscallStatus) {
    var message = Message()
    message.append(failure.rawValue)
    try answer(message)
  }
}
