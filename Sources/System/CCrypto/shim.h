// libcrypto, as far as hashes need it: EVP digests and base64 (evp.h), one-shot SHA (sha.h),
// random bytes (rand.h).
#pragma once
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
