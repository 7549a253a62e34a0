/* A library that is no kqueue, or half of one, or needs a symbol that no system has. */
#if defined(HALF)
__attribute__((visibility("default"))) int
kqueue(void)
{
	return -1;
}
#elif defined(UNDEFINED)
extern int call_of_the_next_release(void);

__attribute__((visibility("default"))) int
call(void)
{
	return call_of_the_next_release();
}
#else
__attribute__((visibility("default"))) int nothing;
#endif
