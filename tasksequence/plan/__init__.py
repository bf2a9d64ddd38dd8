"""What a sequence would do: a frozen plan, made without touching anything."""
