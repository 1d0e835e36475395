namespace akin {}
