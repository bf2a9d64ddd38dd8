"""The WMI classes of task sequences as typed Python values; knows no XML."""
