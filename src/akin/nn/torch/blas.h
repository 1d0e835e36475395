// The BLAS behind torch.
#pragma once

namespace akin::nn {

/// Compares a few products with plain loops, once in a program: libraries that choose their kernels by the
/// processor have chosen ones that were wrong there (OpenBLAS 0.3.21 on some newer than itself). Takes some
/// milliseconds. Throws Error(kIo) that says which library it is and what to do.
void check_products();

/// Threads of torch and of OpenBLAS, which torch leaves alone.
void set_torch_threads(int threads);
/// The calling thread shares its loops out to no other, whatever torch has been told.
void use_one_thread();

}  // namespace akin::nn
