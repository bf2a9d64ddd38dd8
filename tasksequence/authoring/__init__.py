"""Making sequences as the wizard does, and changing them as the editor and the cmdlets do."""
