/* A library that is no kqueue, or half of one. */
#if defined(HALF)
__attribute__((visibility("default"))) int
kqueue(void)
{
	return -1;
}
#else
__attribute__((visibility("default"))) int nothing;
#endif
